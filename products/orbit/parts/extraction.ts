import { erasedWith, routesOf, THE_ACCOUNTS } from 'plinth/product';
import * as analysisRoutes from '../analysis/routes.ts';
import * as extractionRoutes from '../extraction/routes.ts';
import { MOST_CHUNKS } from '../extraction/run.ts';
import type { OrbitPart } from '../service.ts';

const LIKE_A_GENERATION =
  'rows, job and stored answer are one commit, as of Reel’s generations, whose walk kills a process before and after it';
const READ_ONCE =
  'a chunk is stored as soon as it is read: killed before it the chunk is read again, killed after it it is not';
const ONE_ANSWER =
  'one commit has what the model said, the settlement and the job’s end: killed before it, it is asked again';
const GIVEN_BACK =
  'one commit has the answer and the permit’s end: killed before it, both are asked for anew';
const OF_THE_KIT =
  'the kit ends failed and cancelled work, and Reel’s walks kill a process before and after it';

/** Every chunk is a call of the job's permit, and a job is given up after so many; what fails again and again is `starts`' affair. */
const CALLS = MOST_CHUNKS + 10;
const TRIES = 3;

/** Sections out of documents, and the analysis of a scope. */
export const extractionPart: OrbitPart = {
  dataRules: [
    {
      table: 'orbit.extractions',
      account: erasedWith('orbit.scopes'),
      user: THE_ACCOUNTS,
      withheld: ['documents_key'],
    },
    { table: 'orbit.extraction_chunks', account: erasedWith('orbit.extractions'), withheld: ['digest'] },
    { table: 'orbit.analyses', account: erasedWith('orbit.scopes'), user: THE_ACCOUNTS },
  ],
  crashPoints: {
    'orbit.extract-enqueue': { because: LIKE_A_GENERATION, lost: 'given back' },
    'orbit.extract-repeat': { because: GIVEN_BACK, lost: 'given back' },
    'orbit.extract-start': { because: READ_ONCE, lost: 'found' },
    'orbit.extract-chunk': { because: READ_ONCE, lost: 'found' },
    'orbit.extract-complete': { because: READ_ONCE, lost: 'found' },
    'orbit.extract-fail': { because: OF_THE_KIT, lost: 'found' },
    'orbit.extract-cancel': { because: OF_THE_KIT, lost: 'keyed' },
    'orbit.analysis-enqueue': { because: LIKE_A_GENERATION, lost: 'given back' },
    'orbit.analysis-repeat': { because: GIVEN_BACK, lost: 'given back' },
    'orbit.analysis-start': { because: ONE_ANSWER, lost: 'found' },
    'orbit.analysis-complete': { because: ONE_ANSWER, lost: 'found' },
    'orbit.analysis-fail': { because: OF_THE_KIT, lost: 'found' },
    'orbit.analysis-cancel': { because: OF_THE_KIT, lost: 'keyed' },
  },
  routes: [...routesOf(extractionRoutes), ...routesOf(analysisRoutes)],
  jobs: {
    extract: {
      attempts: CALLS,
      run: ({ extraction }, job) => extraction.run(job),
      giveUp: ({ extraction }, job, failure) => extraction.giveUp(job, failure),
      reviving: ({ extraction }, job) => extraction.revive(job),
    },
    analyze: {
      attempts: TRIES,
      run: ({ analysis }, job) => analysis.run(job),
      giveUp: ({ analysis }, job, failure) => analysis.giveUp(job, failure),
      reviving: ({ analysis }, job) => analysis.revive(job),
    },
  },
  schedules: {},
};
