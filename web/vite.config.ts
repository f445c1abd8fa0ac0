import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = `http://127.0.0.1:${process.env.CASCADIA_PORT ?? "3000"}`;

export default defineConfig({
  plugins: [react()],
  // The server replaces this word by a fresh nonce in each answer (no 'unsafe-inline' in the policy).
  html: { cspNonce: "__CSP_NONCE__" },
  build: { target: "es2023", sourcemap: false, chunkSizeWarningLimit: 900 },
  server: { port: 5173, proxy: { "/api": { target: server, changeOrigin: false } } },
  test: { environment: "happy-dom", include: ["test/**/*.test.{ts,tsx}"], globals: false, restoreMocks: true },
});
