import { TextInput } from '@mantine/core';
import {
  LineForm,
  Section,
  Table,
  type Typed,
  useApi,
  usePagesOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { OpenGoal } from './goal.tsx';
import { Person, useHelp } from './parts.tsx';
import { texts } from './texts.ts';

/** Goals, and one of them with its small actions. */
export default function Lens() {
  const { say } = useTexts(texts);
  const { goal } = useProductSearch().search;
  return (
    <Person title={say('lens')}>
      <Goals opened={goal} />
      {goal !== undefined && <OpenGoal key={goal} id={goal} />}
    </Person>
  );
}

function Goals({ opened }: { readonly opened: string | undefined }) {
  const { say, format } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const help = useHelp();
  const add = async (title: string, { until = '' }: Typed) => {
    const added = await call('POST /v1/lens/goals', { body: { title, target_date: until || null } });
    help(added);
    change({ goal: added.id });
  };
  const asked = usePagesOfAccount(['prism goals'], (api, query) => api.call('GET /v1/lens/goals', { query }));
  return (
    <>
      <LineForm label={say('newGoal')} button={say('setGoal')} act={add}>
        <TextInput name="until" type="date" aria-label={say('until')} />
      </LineForm>
      <Section title={say('goals')}>
        <Table
          label={say('goals')}
          asked={asked}
          keyOf={({ id }) => id}
          opened={opened}
          empty={say('noGoals')}
          lines={6}
          columns={[
            { head: say('goal'), cell: ({ title }) => title, act: ({ id }) => change({ goal: id }) },
            { head: say('status'), isDim: true, cell: ({ status }) => say(status) },
            {
              head: say('until'),
              isFigure: true,
              isDim: true,
              cell: ({ target_date: day }) => (day === null ? '–' : format.day(day)),
            },
          ]}
        />
      </Section>
    </>
  );
}
