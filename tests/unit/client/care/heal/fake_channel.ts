/** A data channel whose other end is the test. */
export class Channel extends EventTarget {
  readyState = "open";
  bufferedAmount = 0;
  readonly sent: string[] = [];

  send(text: string): void {
    this.sent.push(text);
  }

  say(frame: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  get asChannel(): RTCDataChannel {
    return this as unknown as RTCDataChannel;
  }
}
