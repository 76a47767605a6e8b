// Asks an endpoint by Comunica: node comunica.mjs ENDPOINT < queries (a JSON list); writes the answers as a JSON list.
import { QueryEngine } from '@comunica/query-sparql';

const endpoint = process.argv[2];
let input = '';
for await (const part of process.stdin) input += part;

const engine = new QueryEngine();
const context = { sources: [{ type: 'sparql', value: endpoint }] };
const answers = [];
for (const query of JSON.parse(input)) {
  const result = await engine.query(query, context);
  if (result.resultType === 'boolean') {
    answers.push(await result.execute());
  } else if (result.resultType === 'bindings') {
    const rows = await (await result.execute()).toArray();
    answers.push(rows.map(row => Object.fromEntries([...row].map(([name, term]) => [name.value, term.value]))));
  } else {
    const quads = await (await result.execute()).toArray();
    answers.push(quads.map(quad => [quad.subject.value, quad.predicate.value, quad.object.value]));
  }
}
console.log(JSON.stringify(answers));
