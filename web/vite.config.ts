// Builds one HTML file: script and style are in it, and a content security policy allows these two by their hashes and
// nothing else, so that neither the page nor anything in its data can load or run more.
import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function singleFile(): Plugin {
  return {
    name: "single-file",
    enforce: "post",
    generateBundle(_, bundle) {
      const html = bundle["index.html"];
      const outputs = Object.values(bundle);
      const script = outputs.find((output) => output.type === "chunk");
      const style = outputs.find((output) => output.type === "asset" && output.fileName.endsWith(".css"));
      if (html?.type !== "asset" || script?.type !== "chunk" || style?.type !== "asset" || outputs.length !== 3)
        throw new Error(`expected a page, a script and a style, got ${Object.keys(bundle).join(", ")}`);
      // Neither may end the element that holds it.
      const code = script.code.trim().replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
      const css = String(style.source).trim();
      if (/<\/style/i.test(css)) throw new Error("the style ends its own element");
      const policy = [
        "default-src 'none'",
        `script-src ${hash(code)}`,
        `style-src ${hash(css)}`,
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ].join("; ");
      const head = `<meta http-equiv="Content-Security-Policy" content="${policy}" />`;
      let page = String(html.source);
      page = page.replace(/\s*<script type="module"[^>]*><\/script>/, "").replace(/\s*<link rel="stylesheet"[^>]*>/, "");
      page = page.replace(/(<meta charset="utf-8" \/>)/, (all) => `${all}\n    ${head}`);
      page = page.replace("</head>", () => `<style>${css}</style>\n  </head>`);
      page = page.replace("</body>", () => `<script type="module">${code}</script>\n  </body>`);
      html.source = page;
      for (const output of [script, style]) delete bundle[output.fileName];
    },
  };
}

export default defineConfig({
  plugins: [singleFile()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2022",
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
