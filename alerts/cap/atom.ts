/** Reads an Atom feed (RFC 4287) of CAP messages: which entries there are, oldest first, and where each message lies. */
import { err, ok, type Result } from '#model/result.ts';
import { CAP_NAMESPACE } from './message.ts';
import { childrenOf, textAt, type XmlNode } from './xml.ts';

const ATOM = 'http://www.w3.org/2005/Atom';
export const ENTRIES_AT_MOST = 500;

export type AtomEntry = {
  /** Changes when the entry does. */
  readonly name: string;
  readonly updatedMs: number;
  readonly href: string;
};

/** Only where the feed itself comes from: a feed must not make us knock at other doors. */
function hrefOf(entry: XmlNode, base: URL): string | null {
  const links = childrenOf(entry, 'link').filter(({ attributes }) =>
    ['alternate', ''].includes(attributes['rel'] ?? ''),
  );
  const link = links.find(({ attributes }) => attributes['type']?.includes('cap+xml') === true) ?? links[0];
  const raw = link?.attributes['href'];
  if (raw === undefined || !URL.canParse(raw, base)) return null;
  const url = new URL(raw, base);
  return url.origin === base.origin ? url.href : null;
}

export function readAtom(root: XmlNode, address: string): Result<readonly AtomEntry[], string> {
  if (root.name !== 'feed' || root.namespace !== ATOM)
    return err(
      root.namespace === CAP_NAMESPACE ? 'this is a CAP message and no feed' : `this is no Atom feed: ${root.name}`,
    );
  const base = new URL(address);
  const found = childrenOf(root, 'entry')
    .slice(0, ENTRIES_AT_MOST)
    .flatMap((entry): AtomEntry[] => {
      const href = hrefOf(entry, base);
      const updated = textAt(entry, 'updated') ?? '';
      const updatedMs = Date.parse(updated);
      if (href === null) return [];
      return [
        {
          name: `${textAt(entry, 'id') ?? href} ${updated}`,
          updatedMs: Number.isFinite(updatedMs) ? updatedMs : 0,
          href,
        },
      ];
    });
  return ok(found.sort((x, y) => x.updatedMs - y.updatedMs));
}
