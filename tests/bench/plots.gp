# SPDX-License-Identifier: MIT
# Draws problem 1's curves: `data` is where run.sh has put their points, `folder` where the pictures go.
set terminal svg size 760,440 font 'sans-serif,13' background 'white'
set grid lc rgb '#dddddd'
set border 3
set tics nomirror
set logscale y
set format y '%g'

throughput = data.'/throughput.dat'
stats throughput using 3 name 'ping' nooutput
stats throughput using 4 name 'copy' nooutput
set output folder.'/throughput.svg'
set logscale x 2
set xlabel 'window (chunks in flight)'
set ylabel 'throughput (MB/s)'
set xrange [0.8:5200]
set yrange [ping_min / 3:copy_min * 2.5]
set xtics 1, 4
set label sprintf('plain copy through TCP: %.0f MB/s', copy_min) at 1, copy_min * 1.3
set label sprintf('ping-pong of 100 bytes: %.2g MB/s', ping_min) at 5200, ping_min / 1.35 right
plot throughput using 1:4 with lines lw 2 dt 2 lc rgb '#555555' notitle, \
     throughput using 1:3 with lines lw 2 dt 2 lc rgb '#d62728' notitle, \
     throughput using 1:2 with linespoints lw 2 pt 7 ps 0.7 lc rgb '#1f77b4' notitle

# The losses are far apart: each has its place, whatever its size.
goodput = data.'/goodput.dat'
unset label
unset logscale x
set output folder.'/goodput.svg'
set xlabel 'loss, at both ends (%, not to scale)'
set ylabel 'goodput (MB/s)'
set xrange [-0.3:6.3]
set yrange [*:*]
set key outside top center horizontal
plot goodput using 0:3:xtic(1) with linespoints lw 2 pt 5 ps 0.7 lc rgb '#2ca02c' title 'UDP, --rate max --repair', \
     goodput using 0:2 with linespoints lw 2 pt 7 ps 0.7 lc rgb '#1f77b4' title 'TCP, --window 64'
