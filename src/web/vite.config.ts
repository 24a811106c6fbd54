/** How the screens are built: `dist/web`, one chunk for each screen, no inline scripts. The only default export. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  plugins: [react()],
  build: {
    outDir: "../../dist/web",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0, // no data: addresses, so that the page's policy can forbid them
    modulePreload: { polyfill: false }, // it would be an inline script
    manifest: true,
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080" } } },
});
