/** How a virtual modem, its SIM and its network behave: plain data, changed while it runs. */

export type CallScript =
  | { readonly kind: 'busy' | 'noAnswer' | 'noCarrier'; readonly afterMs: number }
  /** Picked up; a key pressed, or none; then hung up. */
  | {
      readonly kind: 'answer';
      readonly afterMs: number;
      readonly key: { readonly digit: string; readonly afterMs: number } | null;
      readonly hangUpAfterMs: number;
    };

export type ModemBehaviour = {
  readonly sim: 'ready' | 'pin' | 'puk' | 'none';
  /** 27.007: 0 not, 1 home, 2 searching, 3 denied, 5 roaming. */
  readonly registered: 0 | 1 | 2 | 3 | 5;
  /** 0 to 31, 99 unknown. */
  readonly signal: number;
  readonly speaks: boolean;
  /** What AT+CMGS comes to: a reference, an error of the network, or nothing at all. */
  readonly send:
    | { readonly kind: 'ok' }
    | { readonly kind: 'error'; readonly cms: number }
    | { readonly kind: 'silent' };
  /** The report of a message sent; null: never. */
  readonly report: { readonly afterMs: number; readonly status: number } | null;
  /** What a person who got a whole message answers; by number, `*` for anybody. */
  readonly replies: { readonly [number: string]: { readonly afterMs: number; readonly text: string } };
  readonly calls: { readonly [number: string]: CallScript };
  /** Says things between an answer's lines that nobody asked for. */
  readonly chatty: boolean;
};

export const GOOD: ModemBehaviour = {
  sim: 'ready',
  registered: 1,
  signal: 21,
  speaks: true,
  send: { kind: 'ok' },
  report: { afterMs: 2_000, status: 0 },
  replies: {},
  calls: {},
  chatty: false,
};
