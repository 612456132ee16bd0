import { NativeSelect } from '@mantine/core';
import {
  Act,
  Confirm,
  LineForm,
  Section,
  StateBadge,
  Table,
  useApi,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { prismCalls } from '@plinth/sdk/prism';
import { Left, Person, useHelp } from './parts.tsx';
import { texts } from './texts.ts';

type Turned = ReplyOf<'GET /v1/turns'>['data'][number];
const STYLES = ['gentle', 'direct', 'playful'] as const;

/** A thought is written, and seen from another side. */
export default function Turn() {
  const { say } = useTexts(texts);
  return (
    <Person title={say('turn')}>
      <Turns />
    </Person>
  );
}

function Turns() {
  const { say } = useTexts(texts);
  const { turn } = prismCalls(useApi());
  const { search, change } = useProductSearch();
  const help = useHelp();
  const make = async (thought: string, style: Turned['style'] = 'gentle', isSafe = false) => {
    const made = await turn({ thought, style }, { isSafe });
    if (made.id !== null) change({ turn: made.id });
    help(made, () => make(thought, style, true));
  };
  const asked = usePagesOfAccount(['prism turns'], (api, query) => api.call('GET /v1/turns', { query }));
  const opened = asked.rows?.find(({ id }) => id === search['turn']);
  return (
    <>
      <LineForm
        isLong
        label={say('weighs')}
        button={say('turnIt')}
        act={(thought, { style }) =>
          make(
            thought,
            STYLES.find((one) => one === style),
          )
        }
      >
        <NativeSelect
          name="style"
          aria-label={say('style')}
          data={STYLES.map((value) => ({ value, label: say(value) }))}
        />
      </LineForm>
      <Left limit="turns" label={say('turnsToday')} />
      {opened !== undefined && (
        <section>
          <Card turn={opened} />
        </section>
      )}
      <Section title={say('turns')}>
        <Table
          label={say('turns')}
          asked={asked}
          keyOf={({ id }) => id}
          opened={search['turn']}
          empty={say('noTurns')}
          lines={6}
          columns={[
            { head: say('thought'), cell: ({ original }) => original, act: ({ id }) => change({ turn: id }) },
            { head: say('turn'), isLong: true, isDim: true, cell: (row) => row.turn },
            { head: say('when'), isFigure: true, isDim: true, past: (row) => row.created_at },
          ]}
        />
      </Section>
    </>
  );
}

/** A turn to read, to rate and to delete. */
function Card({ turn }: { readonly turn: Turned }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { id, original, distortion, question, helpful } = turn;
  const params = { id };
  const rate = (isHelpful: boolean) => () =>
    call('POST /v1/turns/{id}/feedback', { params, body: { helpful: isHelpful } });
  return (
    <article className="preview prose" aria-label={say('turn')}>
      <p className="dim">
        {original} {distortion !== null && <StateBadge>{say(distortion)}</StateBadge>}
      </p>
      <p>
        <b>{turn.turn}</b>
      </p>
      <p>{question}</p>
      <div className="filters">
        <Act text={say('helpful')} isDisabled={helpful === true} act={rate(true)} />
        <Act text={say('unhelpful')} isDisabled={helpful === false} act={rate(false)} />
        <span className="right">
          <Confirm isDangerous text={say('remove')} act={() => call('DELETE /v1/turns/{id}', { params })} />
        </span>
      </div>
    </article>
  );
}
