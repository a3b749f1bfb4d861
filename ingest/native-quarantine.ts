/** A device's own message as quarantine keeps it: the topic, the bytes, and which of its devices nobody knew. */

export type KeptMessage = {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Null when the message could not be decoded at all. */
  readonly devices: readonly string[] | null;
};

type Stored = {
  readonly topic: string;
  readonly devices: readonly string[] | null;
  readonly text?: string;
  readonly base64?: string;
};

const toBase64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

/** Text stays readable to whoever looks into quarantine. */
export function keepMessage({ topic, payload, devices }: KeptMessage): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
    return JSON.stringify({ topic, devices, text } satisfies Stored);
  } catch {
    return JSON.stringify({ topic, devices, base64: toBase64(payload) } satisfies Stored);
  }
}

/** Opens what `keepMessage` wrote. */
export function openMessage(body: string): KeptMessage {
  const { topic, devices, text, base64 } = JSON.parse(body) as Stored;
  const payload =
    base64 === undefined
      ? new TextEncoder().encode(text ?? '')
      : Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return { topic, payload, devices };
}
