/** Units past a limit, as the store is told of them. */
export interface UsageReport {
  /** By which the store knows a report that it was told already. */
  readonly id: string;
  readonly product: string;
  readonly limit: string;
  /** As the store calls who pays. */
  readonly customer: string;
  readonly units: number;
  readonly at: Date;
}

/** A store's counter of units that it bills by itself. */
export interface Meter {
  /**
   * Adds them once, however often it is told within a day. Throws `store_unavailable` where nobody knows whether they
   * arrived, and `store_refused` where they did not.
   */
  report(usage: UsageReport): Promise<void>;
}
