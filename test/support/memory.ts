import { readFileSync } from 'node:fs'

/** Resident memory of a process, in megabytes: now, or the highest it ever was. */
export function residentMegabytes (pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)![1]) / 1024
}

export function openDescriptors (pid: number): number {
  const limit = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/FDSize:\s+(\d+)/.exec(limit)![1])
}
