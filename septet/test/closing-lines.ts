/** A reporter that says only how many tests there were and how they ended; the dots beside it show the rest. */
import type { TestEvent } from 'node:test/reporters';

export default async function* closingLines(events: AsyncIterable<TestEvent>): AsyncIterable<string> {
  yield '\n';
  for await (const event of events)
    if (event.type === 'test:diagnostic' && event.data.nesting === 0) yield `ℹ ${event.data.message}\n`;
}
