/** What an alert is about, by the name that people know: a point, a gateway, or a warning's headline. */

import type { Registry } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { Subject } from '#model/transition.ts';
import type { WarningReader } from '#model/warning.ts';

export function nameOfSubject(registry: Registry, warnings: WarningReader, { kind, id }: Subject): Text {
  const known =
    kind === 'area'
      ? warnings.get(id)?.headline
      : (kind === 'point' ? registry.points.get(id) : registry.edges.get(id))?.name;
  return known ?? { zh: id, en: id };
}
