/** The words of the permission table: who, measured against what, with what effect. */
import type { Post } from '#model/registry.ts';

export type Access =
  /** Anybody who reaches the port. */
  | { readonly who: 'public' }
  /** A session or the token. */
  | { readonly who: 'signedIn' }
  /** One of these posts at the object's grid or above it. */
  | { readonly who: 'posts'; readonly posts: readonly Post[] };

/** What the permission is measured against: nothing, the caller's own subtrees, the whole county, or one object's grid. */
export type Scope =
  | 'none'
  | 'list'
  | 'county'
  | 'alert'
  | 'point'
  | 'sensor'
  | 'grid'
  | 'evacuation'
  | 'warning'
  | 'report'
  | 'drill';

export type Route = Access & {
  readonly method: 'get' | 'post' | 'delete';
  /** Express 5 pattern. */
  readonly path: string;
  readonly scope: Scope;
  /** What it does to state: a GET does nothing, a command goes to alerts and into its ledger. */
  readonly effect: 'none' | 'session' | 'command';
  /** What a POST takes; absent: JSON. */
  readonly media?: 'xml' | 'bytes';
  readonly summary: string;
};

/**
 * Whoever stands in the field may say that he has it, the information officer among them; ending an alert is for those who
 * answer for the grid.
 */
export const RESPONDERS = [
  'head',
  'deputy',
  'manager',
  'member',
  'dispatcher',
  'information',
] as const satisfies readonly Post[];
export const DECIDERS = ['head', 'deputy', 'manager', 'dispatcher'] as const satisfies readonly Post[];
/** Who reads telephone numbers and households of his subtree in full. */
export const CONFIDANTS: readonly Post[] = DECIDERS;

export const open = { who: 'public', scope: 'none', effect: 'none', method: 'get' } as const;
export const list = { who: 'signedIn', scope: 'list', effect: 'none', method: 'get' } as const;
export const ofAlert = { who: 'signedIn', scope: 'alert', effect: 'none', method: 'get' } as const;
/** Of a command about an alert; spread it and name `posts`. */
export const command = { who: 'posts', scope: 'alert', effect: 'command', method: 'post' } as const;
