# Doxygen's input filter: the headers' plain comments become documentation comments. Line numbers stay as they are.
s,^/\* clang-format o(n|ff) \*/$,,
# A file's first line begins the comment on the file.
1s,^// ,/// @this_file ,
1s,^/\* ,/** @this_file ,
# A comment on lines of its own describes what follows; one after code describes that code, unless that is a brace.
s,^( *)//( |$),\1///\2,
s,^( *)/\* ,\1/** ,
/^ *(\/\/\/|\/\*\*|\})/!s,([^ /"]) +// ,\1  ///< ,
/^ *(\/\/\/|\/\*\*|\})/!s,([^ /"]) +/\* ,\1 /**< ,
# Doxygen 1.9 does not find the scope of a specialisation written std::hash<...>.
/^template <>$/{
  N
  /\nstruct std::hash</{
    :body
    N
    /\n\};$/!b body
    s,[^\n]+,,g
  }
}
