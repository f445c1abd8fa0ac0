/** The server's nonce for styles that are made at run time; empty where nothing replaced the placeholder. */
const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');

export const cspNonce = meta?.nonce && !meta.nonce.startsWith("__") ? meta.nonce : "";

// Read by get-nonce, through which the scroll lock of dialogs adds its style element.
if (cspNonce) (globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = cspNonce;
