import { expect, test } from 'vitest';
import type { OpenMessage } from './open-message.ts';
import { drawWithEnd, gatherMessages } from './summary.ts';

test.each([0, 7, 10, 11, 1_000])(
  'of %i things at most ten are drawn: the last three, and others evenly',
  (count) => {
    const { add, drawn } = drawWithEnd<number>(10);
    for (let n = 0; n < count; n += 1) {
      add(n);
      expect(drawn().length).toBeLessThanOrEqual(10);
    }
    const [before, end] = [drawn().slice(0, -3), drawn().slice(-3)];
    expect(end).toEqual([count - 3, count - 2, count - 1].filter((n) => n >= 0));
    const [first = 0, second = 1] = before;
    const step = second - first;
    const others = Math.max(0, count - 3);
    expect(before).toEqual(Array.from({ length: Math.ceil(others / step) }, (_, place) => place * step));
    expect(drawn().length).toBeGreaterThanOrEqual(Math.min(count, 5));
  },
);

/** Sessions as people and models lead them; a line that begins with `=` is how it came out. */
const SESSIONS = {
  'a slow import': `
    user: Our import of users has become slow, the import of 200,000 users takes an hour now.
    assistant: A slow import of users can have many reasons: the parser, the database, or the network. How does the import read the file of users?
    user: The import reads a CSV file of users row by row and looks each user up in the database.
    assistant: Let me look at the import. Could you show me the parser that the import of users calls for each row?
    user: It is parseUserRow in src/import/users.ts, which the import calls for each row of the users file.
    assistant: The parser looks harmless. I would measure the import with a profile before we change the import of users.
    user: The profile of the import says 80 % of the time is in readFileSync.
    assistant: Then the import reads something again and again. Let me check where readFileSync is called in the import.
    =assistant: The root cause is that parseUserRow reads the whole list of countries from disk for each row.
    assistant: I'll read it once and keep a map.
    tool: $ npm test
    =assistant: I moved the read out of the loop, and 200,000 rows now take 40 seconds.
    user: Wonderful, thank you so much for all of your help today!
    assistant: You are welcome, let me know if there is anything else that I can do for you.
    =user: Still open: the nightly job uses the old parser, Mara looks at that next week.`,
  'the choice of a queue': `
    user: We need a queue for jobs and should compare Redis, RabbitMQ and PostgreSQL as a queue for our jobs.
    assistant: Redis is a fast queue for jobs, RabbitMQ is a queue with routing, PostgreSQL is a queue that commits with your data.
    user: How many jobs a second can a queue in PostgreSQL take?
    assistant: A queue in PostgreSQL takes some thousand jobs a second with skip locked, which is more than most queues of jobs need.
    user: And a queue in Redis, does a queue in Redis lose jobs when Redis is restarted?
    assistant: A queue in Redis may lose the jobs of the last second unless appendfsync is always, and then the queue is slower.
    user: We have 50 jobs a second at most, and jobs that send invoices must not be lost.
    assistant: With 50 jobs a second each queue is fast enough, so the question is which queue loses no jobs.
    user: RabbitMQ would be one more server to run for a queue.
    assistant: Yes, and a queue on a server of its own does not commit with your invoices.
    =user: We decided to keep jobs in PostgreSQL, because an invoice and its job commit together.
    =user: We will not use Redis for anything that must survive a restart.
    assistant: Shall I write the table for it?
    =assistant: I created the table jobs with an index on run_at and wrote the worker with skip locked.
    =user: Next step: Jonas measures it with ten workers on staging.`,
  'a release that failed': `
    user: The release pipeline fails, the release job of the pipeline is red since this morning.
    assistant: Which step of the release pipeline fails, and what does the log of the pipeline say?
    user: The pipeline says error: denied: permission_denied: write_package in the push step of the release.
    assistant: The release pipeline may lack the permission packages: write in the job of the pipeline. Could you try to add it to the release job?
    user: I added the permission to the pipeline, and the release job of the pipeline still fails with the same error.
    assistant: Maybe the package is not linked to the repository of the pipeline. Would you check the settings of the package for the release?
    user: The package of the release is linked with the old repository, not with the one of this pipeline.
    assistant: Please link the package with the repository of the pipeline, then run the release again.
    tool: $ gh run rerun 4711
    =user: That fixed it, 3.2.1 is on the registry and the pipeline is green again.
    =assistant: The cause was the move to the new organization: packages kept the link to the repository that they came from.
    user: Good to know, I write that into the runbook this evening.
    =assistant: Two other packages are still linked to the old repository: charts and tools.`,
  'a session of notes without a model': `
    user: Meeting about the new prices with Ada, Jonas and Mara. Prices are confusing, say most customers who left.
    user: Ada shows the prices of three competitors: prices by seat, prices by usage, prices by both.
    user: Jonas: prices by usage are hard to plan for small customers, prices by seat are hard to explain for agents.
    user: Mara asks if prices by seat would cost us the small customers, and who pays for usage past the plan.
    user: Long talk about prices by usage, and whether prices could be shown before a call is made.
    user: Coffee at three, then the numbers of the quarter.
    =user: Agreed: prices by seat with 10,000 calls in each seat, from January on.
    =user: Ada drops the plan for students, nobody has booked it since March.
    =user: To do: Jonas writes to the 14 customers who pay more than now, before Friday.
    user: Mara brings the cake next time.`,
  'a deadlock between two jobs': `
    user: Two jobs deadlock in PostgreSQL every night, the nightly jobs of billing and of reports.
    assistant: A deadlock of two jobs means that both jobs lock the same rows in another order. Which rows do the jobs of billing and reports lock?
    user: Both jobs update accounts, the billing job by id and the reports job by name.
    assistant: Then the jobs lock accounts in another order, and a deadlock of the jobs is a matter of time.
    user: Should I take a table lock in both jobs?
    assistant: A table lock would stop all other jobs of accounts too. Would it be possible to sort the rows in both jobs?
    user: The reports job is written by another team, I can't change the order in the jobs of that team.
    assistant: You could take an advisory lock in both jobs, if that team adds one line to the reports job.
    user: They won't before the freeze ends, their jobs are frozen until December.
    assistant: Maybe a retry of the billing job is enough until then, jobs that deadlock are rolled back whole.
    =assistant: I added a retry with three attempts to the billing job and a counter for deadlocks.
    tool: 42 passed
    =user: It ran all week, the counter is at 5 and no invoice was lost.
    =user: We agreed with the reports team to sort both by id after the freeze.`,
  'a model that was tried and put back': `
    user: I want to switch our answers from the small model to the large model, answers of the small model are often short.
    assistant: The large model costs ten times what the small model costs. How long are answers of the small model, and how long should answers be?
    user: Answers of the small model have 40 words, answers should have 100 words.
    assistant: You might ask the small model for longer answers first, before you pay for answers of the large model.
    user: I tried it with the small model, and answers of the small model repeat themselves then.
    assistant: Then let us try the large model with 5 % of the answers, and compare answers of both models.
    user: The large model is on for 5 % of the answers since Monday.
    assistant: Good, please look at the ratings of answers by both models after a week.
    user: Ratings of answers: the small model has 4.1, the large model has 4.2, over 900 answers.
    assistant: That is no difference for answers at ten times the price of the small model.
    =user: We reverted to the small model for everything, the gain was not worth the price.
    =assistant: I removed the flag and put the prompt for longer answers into version 12.
    =user: Left for later: a test with examples in the prompt, once we have 200 rated ones.`,
  'a search, told in German': `
    user: Die Suche nach Kunden ist langsam, die Suche braucht vier Sekunden für jeden Namen.
    assistant: Die Suche nach Kunden liest vermutlich die ganze Tabelle der Kunden. Gibt es einen Index für die Suche?
    user: Es gibt einen Index auf dem Namen der Kunden, aber die Suche sucht mit einem Prozentzeichen am Anfang.
    assistant: Dann hilft der Index der Suche nicht. Die Suche nach Teilen eines Namens braucht einen Index mit Trigrammen.
    user: Wie groß wird der Index der Suche bei 3 Millionen Kunden?
    assistant: Rechne mit 300 MB für den Index der Suche, das ist für eure Kunden kein Problem.
    =assistant: Der Index mit Trigrammen ist angelegt, eine Abfrage dauert noch 30 Millisekunden.
    =user: Wir haben entschieden, die alte Schreibweise der Umlaute weiter zu finden.
    =user: Offen bleibt die Sortierung nach Ort, darum kümmert sich Petra im Januar.`,
};

async function summaryOf(session: string): Promise<readonly string[]> {
  const said = gatherMessages();
  const lines = session.trim().split(/\n\s*/);
  for (const [n, line] of lines.entries()) {
    const [role = '', text = ''] = line.replace(/^=/, '').split(/: (.*)/);
    const message = { id: `${n}`, client_id: `${n}`, role, text, speaker: null, said_at: new Date(n) };
    said.add({ ...message, recalled: false, repeated: false } as OpenMessage);
  }
  return (await said.gathered()).sentences.map(({ text }) => text);
}

/** The outcome of a session, and how much of it a summary has. */
async function outcomeOf(session: string) {
  const wanted = session.split(/\n\s*/).flatMap((line) => /^=\w+: (.*)/.exec(line)?.[1] ?? []);
  const summary = await summaryOf(session);
  return { wanted, summary, held: wanted.filter((text) => summary.some((one) => text.includes(one))) };
}

test.each(Object.entries(SESSIONS))(
  'a summary has the outcome of %s, and what it was about',
  async (_name, session) => {
    const { wanted, summary, held } = await outcomeOf(session);
    expect(summary.length).toBeLessThanOrEqual(5);
    expect(session.trim().split('\n', 4).join()).toContain(summary[0]);
    expect(held).toEqual(wanted);
  },
);
