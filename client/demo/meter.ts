/** How loud a microphone is. @module */

/**
 * The level of a block of samples in [-1, 1], from 0 (silence) to 1 (loud). Pure.
 * Speech lies between about -50 and -10 dBFS, which is the range shown.
 */
export function levelOf(samples: ArrayLike<number>): number {
  let energy = 0;
  for (let index = 0; index < samples.length; index++) energy += (samples[index] ?? 0) ** 2;
  const decibels = 10 * Math.log10(energy / Math.max(1, samples.length));
  return Math.min(1, Math.max(0, (decibels + 50) / 40));
}

/** Calls `show` with the level about 12 times a second until the returned function is called. */
export function meterLevel(track: MediaStreamTrack, show: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = 0;
  const timer = setInterval(() => {
    // Without a click on the page yet, browsers start it suspended.
    if (context.state === "suspended") context.resume().catch(() => {});
    analyser.getFloatTimeDomainData(samples);
    shown = Math.max(levelOf(samples), shown * 0.75);
    show(shown);
  }, 80);
  return () => {
    clearInterval(timer);
    if (context.state !== "closed") context.close();
    show(0);
  };
}
