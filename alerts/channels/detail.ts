/**
 * What a receiver said of an attempt, as it may stand in the ledger, the logs and on every screen: one short line without the
 * address of whom it went to and without the address of the door, which may be its key. A mail server repeats the addressee.
 */

const AT_MOST = 200;

const hideNumber = (digits: string): string => (digits.length < 11 ? '****' : `${digits.slice(0, 3)}****`);

export function publicDetail(detail: string): string {
  const line = detail
    .slice(0, 4_096)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/\b([a-z][a-z0-9+.-]{1,15}:\/\/)(?:[^\s/?#]*@)?([^\s/?#@]*)[^\s]*/gi, '$1$2')
    .replace(/[^\s<>@:,;"'()]{1,64}@([^\s<>@:,;"'()]{1,255})/g, '***@$1')
    .replace(/\d{7,}/g, hideNumber)
    .trim();
  return line.length > AT_MOST ? `${line.slice(0, AT_MOST - 1)}…` : line;
}
