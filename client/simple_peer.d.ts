/** The part of simple-peer 9.11.1 that mesh.ts uses; the package has no types of its own. */

export interface PeerOptions {
  initiator: boolean;
  trickle: true;
  config: RTCConfiguration;
  /** Changes each description of our own before it is set and sent. */
  sdpTransform: (sdp: string) => string;
  wrtc: {
    RTCPeerConnection: typeof RTCPeerConnection;
    RTCSessionDescription: typeof RTCSessionDescription;
    RTCIceCandidate: typeof RTCIceCandidate;
  };
}

export default class SimplePeer {
  constructor(options: PeerOptions);
  readonly destroyed: boolean;
  on(name: "signal", listener: (data: Record<string, unknown>) => void): this;
  on(name: "connect" | "close", listener: () => void): this;
  on(name: "error", listener: (error: Error) => void): this;
  /** Takes what the far end's `signal` event gave. */
  signal(data: Record<string, unknown>): void;
  destroy(error?: Error): void;
}
