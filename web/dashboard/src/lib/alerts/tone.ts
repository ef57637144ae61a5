/** Two soft notes, made on the spot: no file to load. Silent until the page was clicked once, as browsers want it. */
const NOTES_HZ = [659.25, 880];
const NOTE_S = 0.16;
const LOUDNESS = 0.06;

let audio: AudioContext | null = null;

export function playTone(): void {
  audio ??= new AudioContext();
  if (audio.state === 'suspended') void audio.resume().catch(() => undefined);
  for (const [index, frequency] of NOTES_HZ.entries()) {
    note(audio, frequency, audio.currentTime + index * NOTE_S);
  }
}

function note(context: AudioContext, frequency: number, start: number): void {
  const oscillator = new OscillatorNode(context, { type: 'sine', frequency });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + NOTE_S * 2);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + NOTE_S * 2);
}
