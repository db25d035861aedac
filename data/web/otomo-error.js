/**
 * A failure that a person should hear about. `code` is one of the server's (PROTOCOL.md, section
 * 3), or of the client's own: MICROPHONE_DENIED, MICROPHONE_MISSING, INSECURE_CONTEXT, MEDIA_ERROR,
 * NOT_CONNECTED, CONNECTION_CLOSED (`closeCode` is then the WebSocket's).
 */
export class OtomoError extends Error {
  /** @param {string} code @param {string} message @param {number} [closeCode] */
  constructor(code, message, closeCode = 0) {
    super(message);
    this.code = code;
    this.closeCode = closeCode;
  }
}
