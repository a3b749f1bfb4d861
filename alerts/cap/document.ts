/** A document that a delivery hands over as it stands: made with the row, in its transaction, so that a repeat says the same. */
export type DeliveryDocument = { readonly kind: 'cap' | 'ebd'; readonly id: string; readonly body: string };

/** The document of a stored message, or null when none was made for it. */
export function documentOf(message: object, kind: DeliveryDocument['kind']): DeliveryDocument | null {
  const { document } = message as { readonly document?: DeliveryDocument };
  return document !== undefined && document.kind === kind ? document : null;
}
