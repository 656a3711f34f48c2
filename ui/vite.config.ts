import babel from "@rolldown/plugin-babel";
import { lingui } from "@lingui/vite-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The page is served by the shell from its own scheme under a strict content security policy: no inline code or style
// anywhere, and no data: URLs, so assets are never inlined.
export default defineConfig(({ mode }) => ({
  plugins: [
    // Source messages stay in the bundle: a string that is new since the last extraction still shows as itself.
    babel({ include: /\/src\/.*\.tsx?$/, plugins: [["@lingui/babel-plugin-lingui-macro", { stripMessageField: false }]] }),
    react(),
    lingui(),
  ],
  base: "./",
  publicDir: mode === "demo" ? "demo-public" : false,
  clearScreen: false,
  server: { port: 1420, strictPort: true },
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
