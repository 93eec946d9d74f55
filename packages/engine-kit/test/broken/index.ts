import { counting } from './counting.js'
import { expiring } from './expiring.js'
import { filling } from './filling.js'
import { foreseeing } from './foreseeing.js'
import { keeping } from './keeping.js'
import { meta } from './meta.js'
import { persistent } from './persistent.js'
import { storing } from './storing.js'
import type { Broken } from './broken.js'

export const broken: readonly Broken[] = [
  ...keeping, ...expiring, ...storing, ...counting, ...filling, ...meta, ...persistent,
  ...foreseeing
]
