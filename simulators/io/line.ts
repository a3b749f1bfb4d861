/** A line that is being served, and how an edge reaches it. */
import type { LineAddress } from '#simulators/config.ts';

export type Line = {
  readonly address: LineAddress;
  /** For people: why the line is not the kind that was asked for, if so. */
  readonly note: string | null;
  /** Bytes that nobody asked for, to whoever listens on the line now. */
  readonly babble: (bytes: Uint8Array) => void;
  readonly close: () => Promise<void>;
};
