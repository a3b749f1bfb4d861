import { defineConfig } from 'vite';

/** Old office PCs, no internet: a plain bundle for Chrome 87, every file our own, nothing inlined as data. */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: 'chrome87',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
});
