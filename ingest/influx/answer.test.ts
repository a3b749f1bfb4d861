import { describe, expect, it } from 'vitest';
import { outcomeOf, retryAfterMs } from './answer.ts';
import { pauseAfter } from './backoff.ts';
import { callsOf } from './target.ts';

const NOW = Date.UTC(2026, 5, 1);
const of = (status: number, body = '', retryAfter?: string) => outcomeOf({ status, body, retryAfter }, NOW);

describe('what an answer to a write means', () => {
  it.each([
    ['204 is stored', of(204), { kind: 'written' }],
    ['200 with a page is a portal’s', of(200, '<html>sign in</html>'), { kind: 'away' }],
    ['200 without a word is nobody’s', of(200), { kind: 'away' }],
    ['201 with a page is a portal’s', of(201, '<html>sign in</html>'), { kind: 'away' }],
    ['400 with a page says nothing of the lines', of(400, '<html>bad request</html>'), { kind: 'away' }],
    ['400 of a port that wants TLS', of(400, 'Client sent an HTTP request to an HTTPS server.'), { kind: 'away' }],
    ['201 without a word is stored', of(201), { kind: 'written' }],
    [
      '201 of a cluster names what it refused',
      of(201, '{"error":"partial write","data":[{"line_number":2,"error_message":"type"}]}'),
      { kind: 'partial', lines: [{ index: 1, reason: 'type' }] },
    ],
    [
      '400 of 3.x names lines from 1',
      of(
        400,
        '{"error":"partial write of line protocol occurred","data":[{"original_line":"x","line_number":3,"error_message":"no"}]}',
      ),
      { kind: 'partial', lines: [{ index: 2, reason: 'no' }], dropped: 0 },
    ],
    [
      '400 of 1.x counts them',
      of(400, '{"error":"partial write: field type conflict: input field \\"value\\" … dropped=7"}'),
      { kind: 'partial', lines: [], dropped: 7 },
    ],
    [
      '422 of 2.x is the same',
      of(422, '{"code":"unprocessable entity","message":"failure writing points … dropped=1"}'),
      { kind: 'partial', dropped: 1 },
    ],
    ['401', of(401, '{"error":"unable to parse authentication credentials"}'), { kind: 'unauthorised' }],
    ['403', of(403), { kind: 'unauthorised' }],
    [
      '404 of 1.x',
      of(404, '{"error":"database not found: \\"county\\""}'),
      { kind: 'noDatabase', message: '404 database not found: "county"' },
    ],
    ['413', of(413, '{"error":"Request Entity Too Large"}'), { kind: 'tooLarge' }],
    ['429 with seconds', of(429, '', '7'), { kind: 'slowDown', afterMs: 7_000 }],
    ['503 without', of(503), { kind: 'slowDown', afterMs: undefined }],
    ['500', of(500, 'engine is closed'), { kind: 'away', message: '500 engine is closed' }],
    ['502 of a proxy', of(502, '<html>'), { kind: 'away' }],
  ])('%s', (_, outcome, expected) => expect(outcome).toMatchObject(expected));

  it('reads Retry-After as seconds and as a date', () => {
    expect(retryAfterMs(new Date(NOW + 5_000).toUTCString(), NOW)).toBe(5_000);
    expect([retryAfterMs('soon', NOW), retryAfterMs(undefined, NOW)]).toEqual([undefined, undefined]);
  });

  it('waits as long as it is asked to, at most five minutes, and longer each time when it is not', () => {
    const asked = (afterMs: number) => ({ kind: 'slowDown', message: '', afterMs }) as const;
    const away = { kind: 'away', message: '' } as const;
    expect([pauseAfter(asked(7_000), 1, 0), pauseAfter(asked(7_000_000), 1, 0)]).toEqual([7_000, 300_000]);
    expect([1, 2, 3, 20].map((attempt) => pauseAfter(away, attempt, 1))).toEqual([500, 1_000, 2_000, 30_000]);
    expect(pauseAfter(away, 3, 0)).toBe(1_000);
  });
});

describe('how each version is called', () => {
  it.each([
    [
      { version: 1, url: 'http://h', database: 'a b' },
      '/write?db=a+b&precision=ns',
      { authorization: `Basic ${Buffer.from('用户:密码').toString('base64')}` },
    ],
    [
      { version: 2, url: 'http://h', org: 'o', bucket: 'b' },
      '/api/v2/write?org=o&bucket=b&precision=ns',
      { authorization: 'Token 用户:密码' },
    ],
    [
      { version: 3, url: 'http://h', database: 'd' },
      '/api/v3/write_lp?db=d&precision=nanosecond',
      { authorization: 'Bearer 用户:密码' },
    ],
  ] as const)('%o', (target, path, headers) => {
    const calls = callsOf(target, '用户:密码');
    expect([calls.writePath, calls.headers]).toEqual([path, headers]);
    expect(callsOf(target, undefined).headers).toEqual({});
    expect(calls.queryPath('SELECT 1')).toContain('epoch=ms&q=SELECT+1');
  });
});
