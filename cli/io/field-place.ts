/** Where a person says that a device is: `host:port`, or a port with its settings. */
import { err, ok, type Result } from '#model/result.ts';

/** `10.0.0.5:502`, `[::1]:502`, `gateway.local` (port 502). */
export function parseAddress(text: string): Result<{ readonly host: string; readonly port: number }, string> {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? 502);
  if (host === undefined || port < 1 || port > 65_535)
    return err(`"${text}" is no address: write HOST:PORT, for example 192.168.1.10:502`);
  return ok({ host, port });
}
