/**
 * How an InfluxDB of each version is called: where lines go, where InfluxQL is asked, and how the token is shown
 * (published HTTP APIs of 1.x, OSS 2.x and 3 Core; docs/decisions/influx-writer.md).
 */
import type { InfluxTarget } from '#model/history.ts';

export type InfluxCalls = {
  readonly url: string;
  /** Takes line protocol with instants in nanoseconds, by POST. */
  readonly writePath: string;
  /** The name that InfluxQL knows the database by. */
  readonly database: string;
  /** One or more statements; `ms` cuts instants to the millisecond, which JSON's numbers can hold. */
  readonly queryPath: (influxql: string, epoch?: 'ms' | 's') => string;
  readonly headers: { readonly [name: string]: string };
};

const params = (values: { readonly [name: string]: string }): string => new URLSearchParams(values).toString();

export function callsOf(target: InfluxTarget, token: string | undefined): InfluxCalls {
  const database = target.database ?? target.bucket ?? '';
  return {
    url: target.url,
    database,
    writePath: writePathOf(target, database),
    queryPath: (q, epoch = 'ms') => `/query?${params({ db: database, epoch, q })}`,
    headers: token === undefined || token === '' ? {} : { authorization: authorizationOf(target.version, token) },
  };
}

function writePathOf(target: InfluxTarget, database: string): string {
  switch (target.version) {
    case 1:
      return `/write?${params({ db: database, precision: 'ns' })}`;
    case 2:
      return `/api/v2/write?${params({ org: target.org ?? '', bucket: target.bucket ?? database, precision: 'ns' })}`;
    case 3:
      return `/api/v3/write_lp?${params({ db: database, precision: 'nanosecond' })}`;
    default:
      return target.version satisfies never;
  }
}

/** Of 1.x the token is `user:password`. */
function authorizationOf(version: InfluxTarget['version'], token: string): string {
  switch (version) {
    case 1:
      return `Basic ${base64(token)}`;
    case 2:
      return `Token ${token}`;
    case 3:
      return `Bearer ${token}`;
    default:
      return version satisfies never;
  }
}

/** Of the UTF-8 bytes; `btoa` alone refuses what is not Latin-1. */
const base64 = (text: string): string => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
