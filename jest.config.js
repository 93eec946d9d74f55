/** Tests import the sources of every room, so that a failing line is the line that was written. */
export default {
  testEnvironment: 'node',
  maxWorkers: '100%',
  // How fast the machine is decides no test.
  testTimeout: 60_000,
  setupFilesAfterEnv: ['<rootDir>/test/support/collect.ts'],
  testMatch: ['<rootDir>/{packages,engines}/*/test/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['ts-jest', { useESM: true, diagnostics: false, tsconfig: 'tsconfig.test.json' }]
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@memplug/(slab|malloc|map)$': '<rootDir>/engines/$1/src/index.ts',
    '^@memplug/transport/(tls|udp)$': '<rootDir>/packages/transport/src/$1-transport.ts',
    '^@memplug/([^/]+)$': '<rootDir>/packages/$1/src/index.ts'
  }
}
