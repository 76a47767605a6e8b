-- What a data engineer would write instead: four codes by hand, those of single interlaminar injections, for tables
-- that have the short names of values. It knows no other family, no labels, no levels, no contradictions, no questions.
CASE
  WHEN approach NOT IN ('interlaminar', 'caudal')
    OR delivery <> 'single-injection'
    OR COALESCE("date", '2026-01-01') < '2017-01-01'
    OR NOT regexp_matches(substance, 'steroid|anesthetic|opioid|antispasmodic|saline|therapeutic')
    OR regexp_matches(substance, 'phenol|alcohol|iced-saline|blood') THEN NULL
  WHEN approach = 'caudal' AND guidance IN ('fluoroscopy', 'ct') THEN '62323'
  WHEN approach = 'caudal' AND guidance IN ('none', 'ultrasound', 'mri') THEN '62322'
  WHEN space NOT IN ('epidural', 'subarachnoid', 'epidural-or-subarachnoid') THEN NULL
  WHEN region IN ('cervical', 'thoracic') AND guidance IN ('none', 'ultrasound', 'mri') THEN '62320'
  WHEN region IN ('cervical', 'thoracic') AND guidance IN ('fluoroscopy', 'ct') THEN '62321'
  WHEN region IN ('lumbar', 'sacral') AND guidance IN ('none', 'ultrasound', 'mri') THEN '62322'
  WHEN region IN ('lumbar', 'sacral') AND guidance IN ('fluoroscopy', 'ct') THEN '62323'
END
