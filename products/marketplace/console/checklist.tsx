import { State, Table, useTexts } from '@plinth/console';
import type { Schemas } from '@plinth/sdk';
import { texts } from './texts.ts';

/** What the package was looked through for, with each place where something was found. */
export function Checklist({ of }: { readonly of: readonly Schemas['PackageCheck'][] | null }) {
  const { say } = useTexts(texts);
  if (of === null) return <p className="dim">{say('notChecked')}</p>;
  return (
    <Table
      label={say('checklist')}
      rows={of}
      keyOf={({ check }) => check}
      empty="–"
      columns={[
        { head: say('check'), cell: ({ check }) => check.replaceAll('_', ' ') },
        {
          head: say('state'),
          cell: ({ passed, hard }) =>
            passed ? (
              <State of="ok" text={say('passed')} />
            ) : (
              <State of={hard ? 'failed' : 'warning'} text={say(hard ? 'failed' : 'look')} />
            ),
        },
        {
          head: say('findings'),
          isText: true,
          isDim: true,
          cell: ({ findings }) =>
            findings.map(({ file, line, text }, n) => (
              <div key={n}>
                {file !== undefined && <code>{line === undefined ? file : `${file}:${line}`}</code>} {text}
              </div>
            )),
        },
      ]}
    />
  );
}
