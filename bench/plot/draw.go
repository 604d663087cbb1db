package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/busrt-go/busrt/bench/report"
)

// newPlot says of what it is, and where and when that was measured.
func newPlot(r *report.Report, title string) *plot.Plot {
	p := plot.New()
	incomplete := ""
	if !r.Complete {
		incomplete = " (incomplete)"
	}
	p.Title.Text = fmt.Sprintf("%s%s\n%s, %s", title, incomplete, r.Machine, r.Time.Format("2006-01-02"))
	p.Title.TextStyle.Font.Size = vg.Points(9)
	p.Legend.Top = true
	p.Legend.TextStyle.Font.Size = vg.Points(8)
	p.Add(plotter.NewGrid())
	return p
}

// shade is the colour of a broker.
func shade(i int) color.Color { return plotutil.Color(i) }

// offset keeps the dots of brokers apart that share a line.
func offset(i, n int) float64 { return 0.25 * (float64(n-1)/2 - float64(i)) }

func scatter(points plotter.XYs, shape draw.GlyphDrawer, c color.Color, size float64) (*plotter.Scatter, error) {
	s, err := plotter.NewScatter(points)
	if err != nil {
		return nil, err
	}
	s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(size), Shape: shape}
	return s, nil
}

// addLine adds a line with a legend. Cases differ by their dashes.
func addLine(p *plot.Plot, points plotter.XYs, c color.Color, dashes int, label string) error {
	line, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: c, Width: vg.Points(1.2), Dashes: plotutil.Dashes(dashes)}
	p.Add(line)
	p.Legend.Add(label, line)
	return nil
}

// logarithmic has an axis show powers of ten, all of what is drawn between two
// of them.
func logarithmic(a *plot.Axis) {
	a.Min = math.Pow10(int(math.Floor(math.Log10(a.Min))))
	a.Max = math.Pow10(int(math.Ceil(math.Log10(a.Max))))
	if a.Min == a.Max {
		a.Max *= 10
	}
	a.Scale, a.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
}

func write(w io.Writer, p *plot.Plot, width, height vg.Length) error {
	c := vgsvg.New(width, height)
	const margin = 20 // for what sticks out on the right
	p.Draw(draw.Crop(draw.New(c), 0, -vg.Points(margin), 0, -vg.Points(4)))
	if _, err := c.WriteTo(w); err != nil {
		return fmt.Errorf("busrt: drawing: %w", err)
	}
	return nil
}
