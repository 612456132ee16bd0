/** A time in which a part could not do its work, by our doing. Wall time, in milliseconds since 1970. */
export interface Outage {
  /** The process did not run, or was stopped by the system; its way to the database or the database; its way to the provider. */
  readonly of: 'process' | 'pause' | 'database' | 'provider';
  /** Whose; nothing: everybody's. */
  readonly member: string | undefined;
  readonly from: number;
  readonly until: number;
}

/** What was out of order, and when: the oracle counts only time in which all was well. */
export interface Outages {
  /** Begins one, and answers how to end it. */
  begin(of: Outage['of'], member?: string): () => void;
  /** Those that are not over last for ever. */
  list(): Outage[];
}

export function newOutages(): Outages {
  const outages: { of: Outage['of']; member: string | undefined; from: number; until: number }[] = [];
  return {
    begin(of, member) {
      const outage = { of, member, from: Date.now(), until: Number.POSITIVE_INFINITY };
      outages.push(outage);
      return () => {
        outage.until = Math.min(outage.until, Date.now());
      };
    },
    list: () => outages.map((outage) => ({ ...outage })),
  };
}
