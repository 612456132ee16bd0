import { readTexts } from '../../parts/search.ts';
import { JOB_STATES } from '../developer/search.ts';

/** What the page's address says of what it shows: jobs of this kind alone; all jobs in place of what was given up, in this state. */
export const readDeadLetterSearch = readTexts({ kind: undefined, view: ['jobs'], status: JOB_STATES });
