import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = `http://127.0.0.1:${process.env.CASCADIA_PORT ?? "3000"}`;

const smallest = { params: { [constants.ZSTD_c_compressionLevel]: 19 } };

/** Writes what is text twice more, as the server sends it to who accepts that: `kernel/coding.py` has the same two codings. */
function coded(): Plugin {
  return {
    name: "coded",
    apply: "build",
    async writeBundle({ dir }) {
      const folder = join(dir ?? "dist", "assets");
      for (const name of await readdir(folder)) {
        if (!/\.(js|css)$/.test(name)) continue;
        const content = await readFile(join(folder, name));
        await writeFile(join(folder, `${name}.gzip`), gzipSync(content, { level: 9 }));
        await writeFile(join(folder, `${name}.zstd`), zstdCompressSync(content, smallest));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), coded()],
  // The server replaces this word by a fresh nonce in each answer (no 'unsafe-inline' in the policy).
  html: { cspNonce: "__CSP_NONCE__" },
  build: { target: "es2023", sourcemap: false, chunkSizeWarningLimit: 900 },
  server: { port: 5173, proxy: { "/api": { target: server, changeOrigin: false } } },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"], globals: false, restoreMocks: true },
});
