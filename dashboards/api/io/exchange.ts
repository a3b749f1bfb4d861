/** One request on its way: what the guard has established, and what a handler may answer. */
import type { Request, Response } from 'express';
import type { AlertReader } from '#model/alert.ts';
import type { StageContext } from '#model/ports.ts';
import type { GridCode } from '#model/registry.ts';
import type { Lang } from '#model/text.ts';
import type { ConsoleConfig, ConsolePorts } from '../config.ts';
import type { Problem } from '../problem.ts';
import type { Viewer } from '../viewer.ts';
import type { AccessLog } from './access-log.ts';
import type { AuthStore, Session } from './auth-store.ts';
import type { Catalogue } from './catalogue.ts';
import type { Commander } from './commander.ts';
import type { LiveFeed } from './live-feed.ts';
import type { LiveState } from './live-state.ts';
import type { Streams } from './streams.ts';

/** Everything that handlers share. */
export type Desk = {
  readonly config: ConsoleConfig;
  readonly lang: Lang;
  readonly ports: ConsolePorts;
  readonly alerts: AlertReader;
  readonly ctx: StageContext;
  readonly auth: AuthStore;
  readonly catalogue: () => Catalogue;
  readonly commander: Commander;
  /** Call it before personal data are given out in full. */
  readonly access: AccessLog;
  readonly state: LiveState;
  readonly feed: LiveFeed;
  readonly streams: Streams;
  readonly wallMs: () => number;
  readonly openapi: object;
};

export type Exchange<Q = unknown, B = unknown> = {
  readonly request: Request;
  readonly response: Response;
  readonly params: { readonly id: string };
  /** Parsed by the route's schema. */
  readonly query: Q;
  readonly body: B;
  /** The caller; null only on public routes. */
  readonly viewer: Viewer | null;
  readonly session: Session | null;
};

export type Reply =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown; readonly cookie?: string }
  | { readonly kind: 'text'; readonly type: string; readonly body: string }
  /** To be kept under this name. */
  | { readonly kind: 'file'; readonly type: string; readonly name: string; readonly body: Uint8Array }
  | { readonly kind: 'problem'; readonly problem: Problem }
  /** The handler has taken the response itself (a stream, a file). */
  | { readonly kind: 'taken' };

export type Handler = (exchange: Exchange) => Reply | Promise<Reply>;

export const json = (body: unknown, status = 200): Reply => ({ kind: 'json', status, body });
export const refuse = (problem: Problem): Reply => ({ kind: 'problem', problem });

/** Lets a handler say which query and body its schema gives it; the guard has parsed them. */
export const withInput =
  <Q, B = unknown>(run: (exchange: Exchange<Q, B>, viewer: Viewer) => Reply | Promise<Reply>): Handler =>
  (exchange) =>
    exchange.viewer === null
      ? refuse({ status: 401, kind: 'unauthenticated', message: 'Sign in first.' })
      : run(exchange as Exchange<Q, B>, exchange.viewer);

export type PageQuery = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly grid?: GridCode | undefined;
};
