import { transformAsync } from "@babel/core";
import { lingui } from "@lingui/vite-plugin";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Turns Lingui's macros into calls. Source messages stay in the bundle: a string that is new since the last extraction
 * still shows as itself. */
function macros(): Plugin {
  return {
    name: "lingui-macros",
    enforce: "pre",
    async transform(code, id) {
      const file = /\/src\/.*\.(tsx?)$/.exec(id);
      if (file === null || !code.includes("@lingui/")) return null;
      const out = await transformAsync(code, {
        filename: id,
        babelrc: false,
        configFile: false,
        sourceMaps: true,
        parserOpts: { plugins: file[1] === "tsx" ? ["typescript", "jsx"] : ["typescript"] },
        plugins: [["@lingui/babel-plugin-lingui-macro", { stripMessageField: false }]],
      });
      return out?.code == null ? null : { code: out.code, map: out.map ?? null };
    },
  };
}

// The page is served by the shell from its own scheme under a strict content security policy: no inline code or style
// anywhere, and no data: URLs, so assets are never inlined.
export default defineConfig(({ mode }) => ({
  plugins: [
    macros(),
    react(),
    lingui(),
  ],
  base: "./",
  publicDir: mode === "demo" ? "demo-public" : false,
  clearScreen: false,
  // The playbook is a page of the documentation.
  server: { port: 1420, strictPort: true, fs: { allow: [".", "../docs"] } },
  build: {
    target: "safari16.4",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    outDir: mode === "demo" ? "dist-demo" : "dist",
    emptyOutDir: true,
    // The demonstration page stands on made-up data and is never part of what ships.
    rollupOptions: { input: mode === "demo" ? "demo.html" : "index.html" },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
  },
}));
