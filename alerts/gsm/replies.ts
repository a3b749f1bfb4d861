/** What a person's short message says, and whose telephone it came from. */
import type { ReceiptEvent } from '#model/call.ts';
import type { Registry } from '#model/registry.ts';

/** `1` answers, `2` says that he cannot; anything else shows that he read it. Full-width digits and signs around count too. */
export function meaningOf(text: string): Extract<ReceiptEvent, 'answered' | 'cannot' | 'read'> {
  const plain = text.normalize('NFKC').replace(/[\s\p{P}]/gu, '');
  if (plain === '1' || plain === '一' || plain === '收到') return 'answered';
  return plain === '2' || plain === '二' ? 'cannot' : 'read';
}

/** A network writes `+8613800000000` of a number that the county's list has as `13800000000`. */
const national = (number: string): string => number.replace(/^(\+|00)/, '').replace(/^86(?=1\d{10}$)/, '');

/** The number as the registry writes it; as it came when nobody there has it. */
export function ownNumber(from: string, registry: Pick<Registry, 'people'>): string {
  const wanted = national(from);
  for (const { phone } of registry.people.values()) if (phone !== '' && national(phone) === wanted) return phone;
  return from;
}
