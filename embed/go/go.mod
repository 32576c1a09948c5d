module entail.dev/entail

go 1.24
