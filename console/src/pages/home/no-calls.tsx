import { Code } from '@mantine/core';
import { chatCall, codeOf } from '../../parts/call-code.ts';
import { Empty } from '../../parts/section.tsx';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

/** The first call of a model, to copy, where none was made yet. */
export function NoCalls() {
  const { say } = useTexts(texts);
  return (
    <>
      <Empty>{say('noCalls')}</Empty>
      <Code block tabIndex={0}>
        {codeOf(chatCall('small', say('promptExample')), 'curl')}
      </Code>
    </>
  );
}
