/** A name that anyone may choose must not bring a link of theirs into a mail of ours. */
export function plainName(name: string): string {
  return name.replaceAll(/\S*(?::\/\/|www\.|[\p{L}\d-]\.\p{L}{2,})\S*/giu, '…').replaceAll(/\s+/g, ' ');
}
