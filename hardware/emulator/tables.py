"""The tables that kernels read: a row for each layer, connection, rule and product."""

from __future__ import annotations

# Kinds of neurons, as the column KIND of the layer table gives them.
CUBA, ALIF, RESONATOR, DELTA, SIGMA_DELTA, SIGMA, RELAY, READOUT = range(8)
# Kinds of synapses, as the column ENCODING of the connection table gives them; ONE_TO_ONE are sparse synapses that
# join unit i to unit i, LATE are dense ones with delays.
DENSE, SPARSE, CONVOLUTION, ONE_TO_ONE, LATE = range(5)
# Where a connection's weights are, as the column STORE gives it.
NARROW_WEIGHTS, WIDE_WEIGHTS, PLASTIC_WEIGHTS = range(3)
# What is sent, as the column MESSAGE of the layer table gives it.
SPIKE, GRADED, VOLTAGE = range(3)

# Columns of the layer table: where its units, sums under way, messages under way and trace begin, with sizes.
# SLOTS counts the steps that sums may be under way, PORTS the neurons' ports that anything leads to, HELD the
# steps that messages may be held back, INTEGERS says whether messages are graded. TRAIN is -1 where nobody asked
# for the trace. POPULATION is its row of the population table.
LAYER_COLUMNS = 41
FIRST, UNITS, KIND, INBOX, SLOTS, PORTS, OUTBOX, HELD, TRAIN, INTEGERS = range(10)
# Columns of a layer that sends third factors; ERRORS is 1 where there is a port for errors behind those of
# neurons. ROOM, of every layer: the sums of a slot at all ports.
TAUGHT, MARGIN, SHIFT, REST = range(10, 14)
LEAD, MOST, COUNTS, WINDOW, TRIGGER, ERRORS, ROOM = range(32, 39)
# What a layer's third factors come from, as the column TAUGHT gives it; 0 where nothing is beside the neurons.
TEACHER, REWARD, FEEDBACK = range(1, 4)
# Columns that only some kinds of neurons read.
MESSAGE, REFRACTORY, SUBTRACT, BY_PHASE, ADAPTS, STEP = range(14, 20)
IN_SHIFT, OUT_SHIFT, CUMULATIVE, RECTIFIES, BINARY = range(20, 25)
# PROVED: no step of these neurons leaves 32 bits, so the fast kernels take them. UNIFORM: all units share the
# parameters that ALIKE_* repeat.
PROVED, UNIFORM, ALIKE_CURRENT_DECAY, ALIKE_VOLTAGE_DECAY, ALIKE_THRESHOLD, ALIKE_DRIVE = range(25, 31)
POPULATION = 31
# FORGETS: the current decays wholly in each step, and no probe looks at it.
FORGETS = 39
# ONCE, of a layer that hears errors: both signs meet one count of spikes.
ONCE = 40

# Columns of the population table, the input first. LISTED: something reads its list of messages. SILENCES: that
# list may name the silent units instead. SENDS_INTEGERS: messages are graded. GATHERED: with more entries than so
# many no list is made, since all readers look up patterns; -1 where some cannot.
POPULATION_COLUMNS = 6
START, SIZE, LISTED, SILENCES, SENDS_INTEGERS, GATHERED = range(6)

# Rows of the parameter table, one column a unit; AXON is the axon's delay.
PARAMETER_ROWS = 8
CURRENT_DECAY, VOLTAGE_DECAY, THRESHOLD, BIAS, DRIVE, THRESHOLD_DECAY, REFRACTORY_DECAY, AXON = range(8)
# The same rows for resonators.
SIN, COS, DRIVE_REAL, DRIVE_IMAG = CURRENT_DECAY, VOLTAGE_DECAY, BIAS, DRIVE

# Rows of the state table, one column a unit; the first four hold the neuron's states in the order of its kind.
STATE_ROWS = 9
M, Y1, Y2, Y3, N = range(4, STATE_ROWS)

# Columns of the connection table; SOURCE and TARGET are first units, TRACE the first trace or -1 if fixed;
# learned weights stay in LOWEST..HIGHEST. INDEX is where its indices begin: of a sparse connection, of a
# convolution (see ``image_convolution``). FAN is where a dense one's synapses by source are counted, or -1 where
# each source reaches all targets. DELAY is where a late one's delays begin. DIRECT is 1 where the host drives the
# target in the same step.
CONNECTION_COLUMNS = 43
SOURCE, SOURCES, TARGET, TARGETS, WEIGHT, EXPONENT, TRACE, LOWEST, HIGHEST = range(9)
ENCODING, LAYER, PORT, INDEX, DELAY, FAN, DIRECT = range(9, 16)
# FROM is the population that it reads. FRESH: what it delivers replaces what is due, for nothing else leads there.
# STORE, UNIT: weights are kept in units of 2**UNIT. SHORT: sums of plain spikes fit 16 bits. BITS: a sum keeps so
# many. TOTAL is where the sums of all weights begin, by target, or -1 where silences are of no use; REACHES counts
# all synapses.
FROM, FRESH, STORE, UNIT, SHORT, BITS, TOTAL, REACHES = range(16, 24)
# Columns of a convolution. ROW_SIZE: weights of one kernel row, zeros included; STRIPE: those of one tap, that is,
# output channels of a group; COLUMN_INDEX: where the indices of source columns begin; ZEROS: so many zeros, if not
# more, end every store.
GROUPS, HEIGHT, WIDTH, IN_CHANNELS, OUT_CHANNELS, OUT_WIDTH, ROWS = range(24, 31)
ROW_SIZE, STRIPE, COLUMN_INDEX, ZEROS = range(31, 35)
# STEADY is 1 where all that leads to its port is driven by the host, so that it stays while the input does.
STEADY = 35
# Of a convolution: where its table of patterns begins among the wide weights, and its weights by window among the
# narrow ones, or -1; the shape of windows among the indices; from how many messages on it listens by windows.
PATTERNS, WINDOWS, FRAME, LISTENS = range(36, 40)
# Of a convolution that learns: where its places are listed by target among the indices (begins of each target, its
# unit, then of each place source, synapse and weight), or -1; where its weights begin, of which each synapse has a
# copy, and how many there are.
SHARED, MASTER, MASTERS = range(40, CONNECTION_COLUMNS)
# Columns of the rule table, one row a connection. SUMS: a bit for each of the changes of weight, delay and tag.
# HEARS: the target's spikes matter. PAYLOAD: what graded messages do. READS: a bit for each of y1 to y3. ROUSES:
# some product may not be 0 where the source is idle. ON_TARGETS: some product is added where the target fired.
# POST and TAG are the first trace of a target and the first tag, or -1.
RULE_COLUMNS = 18
EPOCH, X1_IMPULSE, X2_IMPULSE, FIRST_PRODUCT, PRODUCTS, SUMS = range(6)
TWO_FACTOR, HEARS, PAYLOAD, Y1_IMPULSE, Y2_IMPULSE, Y3_IMPULSE, POST, TAG = range(6, 14)
READS, ROUSES, ON_TARGETS, INDEPENDENT = range(14, RULE_COLUMNS)
# What payloads do, as the column PAYLOAD gives it.
IMPULSE, OVERWRITE, SATURATE, OVERFLOW = range(4)
# Columns of the product table. OUTPUT is 0 for the weight, 1 for the delay, 2 for the tag; GATE is the dependency.
# Its rows of the part table come in three groups: of the source, of the target, of the synapse. OF_TAGS: it is 0
# where tag and delay are. FACTOR_ROW: where the product of the target's parts is kept, see ``kernels_targets``.
PRODUCT_COLUMNS = 12
MANTISSA, RIGHT, LEFT, OUTPUT, GATE, DECIMATION = range(6)
FIRST_PART, SOURCE_PARTS, TARGET_PARTS, OWN_PARTS, OF_TAGS, FACTOR_ROW = range(6, PRODUCT_COLUMNS)
ON_X, ON_Y, ON_U = range(3)
PART_COLUMNS = 4
PART_VARIABLE, PART_CONSTANT, PART_SIGN, PART_BITS = range(PART_COLUMNS)
# Variables of parts, in the order of ``FACTOR_BITS``.
OF_X0, OF_Y0, OF_X1, OF_X2, OF_Y1, OF_Y2, OF_Y3, OF_W, OF_D, OF_T = range(10)
# Where a probe looks, and rows of the trace table; a target's y1 to y3 are in POST_ROWS. MARKS, of a source:
# whether any of its synapses has a tag or delay, or a tag below what the accumulator holds.
STATES, TRACES, WEIGHTS, TAGS = range(4)
TRACE_ROWS = 5
X1, X2, FIRED_AT = range(3)
MARKS = 4
POST_ROWS = (0, 1, 3)
TAGGED, LOWEST_TAG = 1, 2
# Rows of the tag table.
DELAY_TAG, SYNAPSE_TAG = range(2)
# Rows of a lesson, as wide as the most targets: sums of weight, delay and tag, a term, draws, places of synapses
# among draws, zeros, the weights before, what is NEAR a source whose synapses are listed; then the histories of y1
# to y3, then what FACTOR_ROW says.
TERM, DRAWN, PLACES, NOTHING, OLD, NEAR_FACTOR, NEAR_PLACES, NEAR_TIMES, HISTORY = range(3, 12)
