import { useTexts } from '../text/index.ts';
import { codeOf, type WrittenCall } from './call-code.ts';
import { Copy } from './copy.tsx';

/** A call to take along: for a terminal and for a program. */
export function CopyCall({ call }: { readonly call: WrittenCall }) {
  const { say } = useTexts();
  return (
    <>
      <Copy value={codeOf(call, 'curl')} text={say('calls.copyCurl')} />
      {' · '}
      <Copy value={codeOf(call, 'sdk')} text={say('calls.copySdk')} />
    </>
  );
}
