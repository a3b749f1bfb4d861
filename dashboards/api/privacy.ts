/**
 * Personal data over HTTP and on paper: who reads telephones, names of households and who needs help in full, and what the
 * others see instead. A full reading is entered in the ledger; docs/decisions/personal-data.md says why.
 */
import type { GridCode, Person, Registry } from '#model/registry.ts';
import { CONFIDANTS } from './access.ts';
import { holdsOver, sees, type Viewer } from './viewer.ts';

export const maskPhone = (phone: string): string =>
  phone.length < 7 ? '****' : `${phone.slice(0, 3)}****${phone.slice(-Math.min(4, phone.length - 7))}`;
export const maskName = (name: string): string => `${[...name][0] ?? ''}**`;

export const isConfidant = (registry: Registry, viewer: Viewer, gridCode: GridCode): boolean =>
  holdsOver(registry, viewer, gridCode).some((post) => CONFIDANTS.includes(post));

/** A household as the registry or an evacuation list has it. */
type Home = {
  readonly headName: string;
  readonly phone: string;
  readonly callerId: string;
  readonly needsHelp?: readonly string[];
  readonly address?: string;
};

/** `gridCodes`: the household's own grid and the point's; who answers for one of them knows it, and so does its caller. */
export const knowsHome = (
  registry: Registry,
  viewer: Viewer,
  home: Pick<Home, 'callerId'>,
  gridCodes: readonly GridCode[],
): boolean => home.callerId === viewer.id || gridCodes.some((code) => isConfidant(registry, viewer, code));

/** `needsHelp` is null where it is not shown: an empty list would say that nobody needs any. */
export function homeView(home: Home, full: boolean) {
  return {
    headName: full ? home.headName : maskName(home.headName),
    phone: full ? home.phone : maskPhone(home.phone),
    needsHelp: full ? (home.needsHelp ?? []) : null,
    ...(home.address === undefined ? {} : { address: full ? home.address : '****' }),
    masked: !full,
  };
}

/** A person as the viewer may see him, or null when none of his posts lies in the viewer's subtrees. */
export function personView(registry: Registry, viewer: Viewer, person: Person) {
  const posts = person.posts.filter((post) => sees(registry, viewer, post.gridCode));
  if (posts.length === 0) return null;
  const full = person.id === viewer.id || posts.some((post) => isConfidant(registry, viewer, post.gridCode));
  return {
    id: person.id,
    name: person.name,
    phone: full ? person.phone : maskPhone(person.phone),
    masked: !full,
    posts,
  };
}
