/** Decides where a flow may listen: whatever a node asks for, nothing is opened beyond loopback. */

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1)$/;
const HERE = '127.0.0.1';
const hostOf = (asked: unknown): string => (typeof asked === 'string' && LOOPBACK.test(asked) ? asked : HERE);

const isPort = (raw: unknown): boolean =>
  raw === undefined || raw === null || typeof raw === 'number' || (typeof raw === 'string' && /^\d+$/.test(raw));

type Options = { readonly [key: string]: unknown };
const isOptions = (raw: unknown): raw is Options => typeof raw === 'object' && raw !== null;

/** The arguments of `net.Server.listen`, with the host put right; a socket in the file system stays what it is. */
export function listenOnLoopback(args: readonly unknown[]): readonly unknown[] {
  const [first, second, ...rest] = args;
  if (isOptions(first))
    return isPort(first['port']) && !('path' in first) && !('fd' in first) && !('_handle' in first)
      ? [{ ...first, host: hostOf(first['host']) }, ...args.slice(1)]
      : args;
  if (typeof first === 'function') return [0, HERE, first];
  if (!isPort(first)) return args;
  if (typeof second === 'string') return [first, hostOf(second), ...rest];
  return [first ?? 0, HERE, ...args.slice(1).filter((arg) => arg !== undefined && arg !== null)];
}

/** The same for `dgram.Socket.bind`; port 0 is a sender's own, and stays as it was asked for. */
export function bindOnLoopback(args: readonly unknown[]): readonly unknown[] {
  const [first, second, ...rest] = args;
  if (isOptions(first)) {
    const port = Number(first['port'] ?? 0);
    return port === 0 || 'fd' in first ? args : [{ ...first, address: hostOf(first['address']) }, ...args.slice(1)];
  }
  if (!isPort(first) || Number(first ?? 0) === 0) return args;
  if (typeof second === 'string') return [first, hostOf(second), ...rest];
  return [first, HERE, ...args.slice(1).filter((arg) => arg !== undefined && arg !== null)];
}
