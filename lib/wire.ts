/** What a connection needs of a WebSocket. */
export interface Wire {
  send(text: string): void;
  /** `givenUp`: the client does not answer the close, and the runtime keeps the socket for as long as it likes. */
  close(code: number, reason: string, givenUp: () => void): void;
  readonly bufferedAmount: number;
  readonly readyState: number;
}
