/** What a server configuration node offers to the nodes that name it. */
import type { Result } from '../../../model/result.ts';
import type { StreamEvent } from './sse.ts';

/** A refusal as the console gives it. */
export type Problem = { readonly kind: string; readonly message: string };
export type ApiFailure =
  /** It cannot have been taken: nobody was there, or nobody to ask is configured. */
  | { readonly kind: 'unreachable' | 'notConfigured' | 'notSignedIn'; readonly message: string }
  /** Asked, and no whole answer came: it may have been taken. */
  | { readonly kind: 'unknown'; readonly message: string }
  /** Not now: ask again after a while; nothing was taken. */
  | { readonly kind: 'busy'; readonly message: string; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string; readonly problem: Problem };
export type ApiAnswer = { readonly status: number; readonly body: unknown };
export type ApiRequest = { readonly path: string; readonly body?: object };
export type Call = (request: ApiRequest) => Promise<Result<ApiAnswer, ApiFailure>>;

export type LinkState = 'connecting' | 'connected' | 'away' | 'notSignedIn' | 'notConfigured';
export type StreamListener = {
  readonly onEvent: (event: StreamEvent) => void;
  readonly onState: (state: LinkState) => void;
  /** The last event that this listener has dealt with; null: from now on. */
  readonly lastEventId: () => number | null;
};
export type StateListener = {
  readonly onMessage: (topic: string, payload: string) => void;
  readonly onState: (state: LinkState) => void;
};
export type Pushed =
  | {
      readonly kind: 'onDisk';
      readonly repeated: boolean;
      readonly quarantined: boolean;
      readonly unknownDevices: readonly string[];
    }
  /** Sending it again changes nothing. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'later'; readonly message: string; readonly afterMs: number | null; readonly isLogin: boolean };

export type ServerLink = {
  /** The console's address: what is remembered of one centre means nothing at another. */
  readonly base: string;
  readonly call: Call;
  /** The console's live stream, one connection for all nodes; ends the subscription when called. */
  readonly listen: (listener: StreamListener) => () => void;
  /** The points' states over MQTT, one connection for all nodes. */
  readonly watchStates: (filters: readonly string[], listener: StateListener) => () => void;
  readonly push: (body: string) => Promise<Pushed>;
  readonly gatewayOrigin: string;
};

/** The link of the named server; undefined when there is none, or it is not in order. */
export const linkOf = (node: unknown): ServerLink | undefined =>
  typeof node === 'object' && node !== null && 'fengsui' in node ? (node.fengsui as ServerLink) : undefined;

export const isFields = (raw: unknown): raw is { readonly [key: string]: unknown } =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw);
