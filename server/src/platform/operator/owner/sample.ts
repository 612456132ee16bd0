import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  sample_unavailable: {
    status: 409,
    message:
      'A sample shop is filled beside a development server that does everything in one process (plinth start), and never in production.',
  },
});

/** How far the sample shop is: a server of its own, beside this one. */
export interface SampleState {
  /** `here`: this server is the sample. */
  readonly state: 'none' | 'filling' | 'ready' | 'here' | 'unavailable';
  /** The day that is being filled, and how many there are. */
  readonly day: number;
  readonly days: number;
  /** Address of the server that the sample was begun at, for the sample itself. */
  readonly home: string | null;
  /** A link that signs the owner of the sample in, once, within ten minutes. */
  readonly url: string | null;
}

/** A month of a shop to look at, in a data folder of its own: none of its rows is in this server's database. */
export interface Sample {
  readonly isHere: boolean;
  look(): SampleState;
  /** Begins to fill it, unless that has begun; once it is ready, `url` is a new link. Throws `sample_unavailable`. */
  open(): Promise<SampleState>;
  /** Ends its server and deletes its folder; of the sample itself, after the answer to this call. */
  remove(): Promise<void>;
}

/** The answers of a process that has no sample, as in production. */
export const noSample: Sample = {
  isHere: false,
  look: () => ({ state: 'unavailable', day: 0, days: 0, home: null, url: null }),
  async open() {
    throw new AppError('sample_unavailable');
  },
  async remove() {},
};
