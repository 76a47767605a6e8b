// Runs shapes on data by an engine of npm: node shacl.mjs shacl-engine|rdf-validate-shacl DATA.nt SHAPES.nt; writes the
// results as a JSON list of [focus node, source shape, constraint component, path, value, severity].
import { readFileSync } from 'node:fs';
import dataModel from '@rdfjs/data-model';
import datasets from '@rdfjs/dataset';
import { Parser } from 'n3';

const [name, dataFile, shapesFile] = process.argv.slice(2);
const factory = Object.create(dataModel);
factory.dataset = quads => datasets.dataset(quads);

const read = file => factory.dataset(new Parser({ format: 'N-Triples', factory: dataModel }).parse(readFileSync(file, 'utf8')));
const data = read(dataFile);
const shapes = read(shapesFile);
const told = term => term ? term.value : null;

let results;
if (name === 'shacl-engine') {
  const { Validator } = await import('shacl-engine');
  const report = await new Validator(shapes, { factory }).validate({ dataset: data });
  results = report.results.map(one => [
    told(one.focusNode.term), told(one.shape.ptr.term), told(one.constraintComponent),
    one.path && one.path.length === 1 ? told(one.path[0].predicates[0]) : null, told(one.value && one.value.term), told(one.severity),
  ]);
} else {
  const { default: Validator } = await import('rdf-validate-shacl');
  const report = await new Validator(shapes, { allowNamedNodeInList: true }).validate(data);
  results = report.results.map(one => [
    told(one.focusNode), told(one.sourceShape), told(one.sourceConstraintComponent),
    one.path && one.path.termType === 'NamedNode' ? told(one.path) : null,
    told(Array.isArray(one.value) ? one.value[0] : one.value), told(one.severity),
  ]);
}
console.log(JSON.stringify(results));
