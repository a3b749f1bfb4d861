/** Explains points for readers; the index of a registry is made once and kept as long as the registry is. */
import type { DeskReaders } from '#model/desk.ts';
import type { Registry } from '#model/registry.ts';
import { type Directory, indexRegistry } from '../directory.ts';
import { explainPoint } from '../targeting/explain.ts';

export function openExplain(): DeskReaders['explainPoint'] {
  const known = new WeakMap<Registry, Directory>();
  return (registry, ask) => {
    const directory = known.get(registry) ?? indexRegistry(registry);
    known.set(registry, directory);
    return explainPoint(directory, ask);
  };
}
